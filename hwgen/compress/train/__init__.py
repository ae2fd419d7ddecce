"""Training with PyTorch (the extra ``train``): nothing outside this folder imports torch, and nothing imports this
folder before a step that trains runs."""
