"""Sealed bytes → plain bytes: PGP, gzip, zstd, bzip2 and zip, nested in any order, without plaintext on disk."""

from antechamber.unseal.layers import Layer, layers_of
from antechamber.unseal.unsealer import Member, Unsealer, unsealed

__all__ = ["Layer", "Member", "Unsealer", "layers_of", "unsealed"]
