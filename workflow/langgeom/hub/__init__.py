"""The model hub: files of a model and rows of a data set, each at one commit, with one message for whatever goes wrong.

`fetch` and `pin` are the only modules that reach the hub; every other stage runs offline. `listing` needs no network.
"""
