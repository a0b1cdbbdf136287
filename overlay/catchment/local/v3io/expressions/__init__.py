"""The language of conditions, filters and updates, by its documentation: tokens, grammar, evaluation."""
