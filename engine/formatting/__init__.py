"""`engine fmt`: flow files and test files in one style, their comments kept."""
