"""One refusal, asked for twice: by a communicator, and through a Daphne."""

from channels.testing import ChannelsLiveServerTestCase, WebsocketCommunicator
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from liveserver.asgi import application


class Refusal(ChannelsLiveServerTestCase):
    async def test_a_communicator_is_told_4001(self) -> None:
        client = WebsocketCommunicator(application, "/refusing/")
        self.assertEqual(await client.connect(), (False, 4001))

    def test_a_browser_is_told_403(self) -> None:
        with self.assertRaises(InvalidStatus) as caught:
            connect(f"{self.live_server_ws_url}/refusing/")
        self.assertEqual(caught.exception.response.status_code, 403)
