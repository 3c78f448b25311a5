from pathlib import Path

from resee.assets import publish


def release(root: Path, name: str, *files: str) -> Path:
    source = root / name
    for file in files:
        path = source / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return source


def published(shared: Path) -> set[str]:
    return {
        str(path.relative_to(shared))
        for path in shared.rglob("*")
        if path.is_file() and ".releases" not in path.parts
    }


def test_the_files_of_the_release_before_stay(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    publish(release(tmp_path, "one", "css/a.111.css", "logo.svg"), shared)
    publish(release(tmp_path, "two", "css/a.222.css", "logo.svg"), shared)
    assert published(shared) == {"css/a.111.css", "css/a.222.css", "logo.svg"}
    assert (shared / "logo.svg").read_text() == "two"


def test_only_files_that_no_kept_release_lists_are_removed(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    for number in range(4):
        publish(release(tmp_path, str(number), f"{number}.css", "same.css"), shared, 2)
    assert published(shared) == {"2.css", "3.css", "same.css"}


def test_a_release_that_starts_again_pushes_no_other_out(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    one, two = release(tmp_path, "one", "1.css"), release(tmp_path, "two", "2.css")
    publish(one, shared, 2)
    for _ in range(5):
        publish(two, shared, 2)
    assert published(shared) == {"1.css", "2.css"}
