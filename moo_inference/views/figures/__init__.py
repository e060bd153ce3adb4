"""Figures of studies: one module a figure, each with data apart from drawing, `draw(ax, ...)` and `figure(study, ...)`.

`cube`, `accuracy`, `cost_and_time` and `projections` show one model in one scenario, `across_models` all models of a
scenario, `chosen_k` the whole study, `selection` how sure the choices of a cell are; `paper` has the paper's own.
"""
