# What wildcards may stand for that studies add to; a constraint holds for all rules before it, and cannot be widened.


wildcard_constraints:
    observation="|".join(POSSIBLE_OBSERVATIONS),
    split="|".join(SPLITS),
    sampler="|".join(CHAINS),
    table="|".join(COLLECTED),
