"""What runs beside the CPU or GPU of a trial, in a process of Ray's."""
