"""A register of people: those who are active, and nobody else."""

from schemas.users import User, UserKind


class Register:
    """Stands for the user store where somebody is let in."""

    def __init__(self, *active: str) -> None:
        self.active = set(active)
        self.asked: list[str] = []

    def find_active(self, user_id: str) -> User | None:
        """As the store does."""
        self.asked.append(user_id)
        known = user_id in self.active
        return User(user_id=user_id, name=user_id, avatar="", kind=UserKind.EMPLOYEE) if known else None
