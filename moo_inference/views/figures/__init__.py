"""Figures of studies: one module a figure, each with data apart from drawing, `draw(ax, ...)` and `figure(study, ...)`.

`cube`, `accuracy`, `cost_and_time`, `projections` and `parallel` show one model in one scenario, `across_models` all
models of a scenario, `chosen_k` the whole study, `selection` how sure the choices of a cell are, `pipeline` a pipeline
in one scenario; `paper` has the paper's own.
"""
