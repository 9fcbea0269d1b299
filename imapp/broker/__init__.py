"""RabbitMQ: every exchange, queue and task name, and the ways to publish and consume.

Purpose: commands as Celery tasks to the shard queues, finished frames through the fanout, answers to the
gateway that asked.
What stays out: what a payload means; here it is bytes.
Threads: a publisher or consumer belongs to one thread or greenlet and owns its connection, because the
protocol library shares no connection safely.
Invariants: every publish waits for the broker's confirm with a timeout, or its loss is repaired by whoever
needs the message; after any error the connection is thrown away, since a late confirm would be taken for
the next one's.
Allowed imports: `imapp.domain` and below, celery, kombu, amqp.
"""
