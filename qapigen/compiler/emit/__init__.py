"""How text is made and kept together; knows nothing of QAPI."""
