def greeting(name: str) -> str:
    if not name:
        return "Hello"
    return f"Hello, {name}"


def greet_all(names: list[str]) -> list[str]:
    greetings = []
    for name in names:
        greetings.append(greeting(name))
    return greetings
