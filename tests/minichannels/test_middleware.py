async def test_middleware_hands_on_a_copy_of_the_scope(lib):
    seen = {}

    async def app(scope, receive, send):
        scope["user"] = "ada"
        seen.update(scope=scope, receive=receive, send=send)
        return "done"

    class Mark(lib.BaseMiddleware):
        async def __call__(self, scope, receive, send):
            return await super().__call__({**scope, "mark": 1}, receive, send)

    scope = {"type": "x"}
    assert await Mark(app)(scope, 1, 2) == "done"
    assert scope == {"type": "x"}
    assert seen == {
        "scope": {"type": "x", "mark": 1, "user": "ada"},
        "receive": 1,
        "send": 2,
    }


async def test_middleware_does_not_share_the_scope_with_its_caller(lib):
    async def app(scope, receive, send):
        scope["user"] = "ada"

    scope = {}
    await lib.BaseMiddleware(app)(scope, None, None)
    assert scope == {}
