"""What leaves for the gateways: frames and the fanout's batches."""
