"""What the Office formats share: packages, drawings, equations, merged cells, number formats."""
