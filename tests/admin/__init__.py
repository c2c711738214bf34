"""Tests of the admin page's REST."""
