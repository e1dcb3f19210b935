"""What a sweep does when its search is over: it tells luck from merit."""
