"""Providers that are asked over the internet, and all that they share: discovery, ledger, downloads."""
