"""Ray, local or a cluster: its session, temporary folder and slots, the code it ships, nodes and workers that go."""
