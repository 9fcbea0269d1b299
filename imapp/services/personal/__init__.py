"""What people set for themselves, and reminders: writes that change no channel's log, by Celery tasks.

Any worker may serve them, in any order and any number of times: each is a state with a time of its own.
"""
