"""Reading our own code: which files there are and what each imports."""

import ast
from collections.abc import Iterator
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
APPS = ("fleet", "inference", "billing")
PACKAGES = (*APPS, "purser", "sandbox", "bench")


def files(root: Path, *packages: str) -> list[Path]:
    return sorted(path for package in packages for path in (root / package).rglob("*.py"))


def module_name(root: Path, path: Path) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(root: Path, path: Path) -> Iterator[str]:
    """Every module that `path` imports, anywhere in it; `from a import b` gives both `a` and `a.b`."""
    package = path.relative_to(root).parent.parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def is_in(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")


def importing(root: Path, packages: tuple[str, ...], forbidden: tuple[str, ...]) -> list[str]:
    """ "importer -> imported" for every import in `packages` of something in `forbidden`."""
    return sorted(
        {
            f"{path.relative_to(root)} -> {module}"
            for path in files(root, *packages)
            for module in imports(root, path)
            if any(is_in(module, name) for name in forbidden)
        }
    )


def layer(root: Path, app: str, name: str) -> list[Path]:
    """The files of one layer of an app: a package, or a module of that name."""
    module = root / app / f"{name}.py"
    return [*files(root, f"{app}/{name}"), *([module] if module.exists() else [])]


def layer_importing(root: Path, app: str, name: str, forbidden: tuple[str, ...]) -> list[str]:
    return sorted(
        {
            f"{path.relative_to(root)} -> {module}"
            for path in layer(root, app, name)
            for module in imports(root, path)
            if any(is_in(module, other) for other in forbidden)
        }
    )
