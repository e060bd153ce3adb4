"""The grid, the budgets, the Pareto front of what meets them, and why it is empty where it is."""
