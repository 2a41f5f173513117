"""The demo newsroom: a small trilingual paper that uses consentkit as any site would, through its public names alone."""
