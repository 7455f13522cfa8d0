"""Any conversation is heard the same, in both packages, by both kinds of consumer."""

from asgiref.sync import async_to_sync
from hypothesis import given, settings
from hypothesis import strategies as st

PATIENCE = 30
PEOPLE = st.integers(0, 2)
ROOMS = st.sampled_from(["g", "h"])
ACTIONS = st.one_of(
    st.tuples(st.just("join"), PEOPLE, ROOMS),
    st.tuples(st.just("leave"), PEOPLE, ROOMS),
    st.tuples(st.just("say"), PEOPLE, ROOMS),
    st.tuples(st.just("tell"), PEOPLE, PEOPLE),
    st.tuples(st.just("reconnect"), PEOPLE, st.none()),
)


def make_consumers(package, names):
    """Make a consumer of each kind, which does to the layer what its client says."""

    class Guest(package.AsyncJsonWebsocketConsumer):
        groups = ["all"]

        async def receive_json(self, content, **kwargs):
            method, *args = content
            if method != "name":
                args = [self.channel_name if arg == "me" else arg for arg in args]
                await getattr(self.channel_layer, method)(*args)
            await self.send_json(["done", names(self.channel_name)])

        async def heard(self, event):
            await self.send_json(event["text"])

    class BlockingGuest(package.JsonWebsocketConsumer):
        groups = ["all"]

        def receive_json(self, content, **kwargs):
            method, *args = content
            if method != "name":
                args = [self.channel_name if arg == "me" else arg for arg in args]
                async_to_sync(getattr(self.channel_layer, method))(*args)
            self.send_json(["done", names(self.channel_name)])

        def heard(self, event):
            self.send_json(event["text"])

    return Guest, BlockingGuest


async def converse(package, blocking, actions):
    """Let three guests act in turn, and give all that each of them heard."""
    layer, names = package.use(package.InMemoryChannelLayer()), {}
    consumers = make_consumers(package, lambda name: names.setdefault(name, name))
    guests, heard = [None] * 3, [[] for _ in range(3)]

    async def ask(who, *content):
        """Tell a guest's consumer to do something, and wait until it is done."""
        await guests[who].send_json_to(content)
        while (frame := await guests[who].receive_json_from(PATIENCE))[0] != "done":
            heard[who].append(frame)
        return frame[1]

    async def connect(who):
        app = consumers[blocking[who]].as_asgi()
        guests[who] = package.WebsocketCommunicator(app, "/")
        await guests[who].connect(PATIENCE)

    for who in range(3):
        await connect(who)
    for number, (action, who, what) in enumerate(actions):
        message = {"type": "heard", "text": f"{number} from {who}"}
        if action == "join":
            await ask(who, "group_add", what, "me")
        elif action == "leave":
            await ask(who, "group_discard", what, "me")
        elif action == "say":
            await ask(who, "group_send", what, message)
        elif action == "tell":
            await ask(who, "send", await ask(what, "name"), message)
        else:
            for _ in range(2):  # hear what is there: who leaves may miss it
                await ask(who, "name")
            await guests[who].disconnect(timeout=PATIENCE)
            await connect(who)
    for who in range(3):
        await ask(who, "name")
        await ask(who, "name")
        await guests[who].disconnect(timeout=PATIENCE)
    left = {name: len(members) for name, members in layer.groups.items()}
    return heard, left


@settings(max_examples=60, deadline=None)
@given(
    st.tuples(*[st.booleans()] * 3),
    st.lists(ACTIONS, max_size=10),
)
def test_any_conversation(both, blocking, actions):
    ours, theirs = (
        package.run(lambda p=package: converse(p, blocking, actions))
        for package in both
    )
    assert ours == theirs
