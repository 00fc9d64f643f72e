"""The simulated guest: memory, devices, vCPUs that write, and the machine that holds them."""
