"""The demo newsroom: a trilingual paper that uses consentkit as any site would, by its public names alone."""
