"""What a serving layer embeds: scores and a policy, on numpy alone."""

from moo_inference.policy.choice import Choice
from moo_inference.policy.policy import RULES, Policy

__all__ = ["RULES", "Choice", "Policy"]
