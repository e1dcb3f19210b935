"""Helpers of the tests: running commands, W&B servers, browsers, contract tests of models, hand-made sweep folders."""
