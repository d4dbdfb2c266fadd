"""Requests that another system has answered are sent to the flows: do these answer the same?"""
