"""Hidden states of a model on the sentences of a text: `extract` computes them, `states` holds, writes and reads them."""
