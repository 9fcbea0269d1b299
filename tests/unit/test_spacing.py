"""What happens often for the same key."""

from imapp.spacing import Spacing


def test_a_key_is_due_at_first_and_again_after_its_pause() -> None:
    spacing: Spacing[str] = Spacing()
    assert spacing.is_due("a", 10.0)

    spacing.took("a", 10.0, 0.9)

    assert not spacing.is_due("a", 10.8)
    assert spacing.is_due("b", 10.8)
    assert spacing.is_due("a", 10.9)


def test_it_forgets_who_may_go_on_again() -> None:
    spacing: Spacing[int] = Spacing()
    for key in range(100_000):
        spacing.took(key, key / 1_000, 1.0)  # a thousand a second

    assert len(spacing._until) < 5_000
    assert not spacing.is_due(99_500, 100.0)
