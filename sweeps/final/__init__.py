"""From the best config to the final model: trained anew, tested once, described, and put to use."""
