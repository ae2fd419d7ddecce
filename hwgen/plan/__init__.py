"""Model + target -> Plan: every width, depth, count, schedule, address, cycle. No HDL."""

from hwgen.plan.build import build_plan
from hwgen.plan.options import PlanOptions
from hwgen.plan.plan import LayerPlan, Plan, utilisation
from hwgen.plan.targets import TARGETS, Target

__all__ = ["TARGETS", "LayerPlan", "Plan", "PlanOptions", "Target", "build_plan", "utilisation"]
