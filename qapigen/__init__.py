"""qapigen: a compiler and toolkit for QAPI, the interface language of QEMU."""

__all__ = ["__version__"]

__version__ = "0.1.0"
