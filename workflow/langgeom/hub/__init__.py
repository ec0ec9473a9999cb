"""The model hub: files of a model and rows of a data set, each at one commit, and one message for whatever goes wrong.

`snapshot` fetches a model's files, `texts` reads one text of a data set, `pin` writes commits into a config. They are the only
modules that reach for the hub; every other stage runs offline.
"""
