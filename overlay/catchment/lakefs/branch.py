"""Branches and transactions, under the module name of lakeFS's own package."""

from catchment.lakefs._sync.branch import Branch as Branch
from catchment.lakefs._sync.transaction import BranchTransaction as BranchTransaction

__all__ = ["Branch", "BranchTransaction"]
