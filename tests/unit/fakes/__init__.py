"""Stand-ins for MongoDB, RabbitMQ and sockets that fail, die and stall on demand; clients with no server."""
