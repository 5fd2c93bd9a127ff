"""The former place of `read_all`, for pipeline.verify."""

from pipeline.claims.sections import read_all as read_all
