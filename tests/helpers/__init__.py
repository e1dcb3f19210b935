"""What tests share: real commands, servers and browsers, models under contract, folders built by hand."""
