"""Sealed bytes → plain bytes: PGP, KMS envelopes, compression and archives in any order, and no plaintext on disk."""

from antechamber.unseal.layers import Layer, layers_of
from antechamber.unseal.unsealer import Member, Unsealer, unsealed

__all__ = ["Layer", "Member", "Unsealer", "layers_of", "unsealed"]
