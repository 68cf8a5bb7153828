"""Which training loss makes a neural summary sufficient: what MSE, MAE, GNLL, VMIM, IMNN and MOPED keep."""
