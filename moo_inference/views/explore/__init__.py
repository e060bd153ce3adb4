"""The page: a local Streamlit app to drag budgets and see which k each rule chooses."""
