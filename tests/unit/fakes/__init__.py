"""Stand-ins for MongoDB, RabbitMQ and sockets that fail, die and stall on demand."""
