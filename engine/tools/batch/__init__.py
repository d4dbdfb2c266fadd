"""`engine batch`: the jobs of an application, for operators."""
