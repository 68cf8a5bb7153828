"""Study of information-maximising networks on random fields, judged against the exact posterior."""
