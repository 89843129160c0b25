"""What pages load: the style sheet, a script, the icon and the logo. All of it is ours; its address has a digest, so it
may be kept for a year."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Final

from fastapi import APIRouter
from starlette.responses import Response

from app.config.setting_types import LOGO_TYPES
from app.config.settings import Settings
from app.http.headers import PUBLIC
from app.http.services import service
from app.kit.errors import NotFound

FOLDER: Final = files("app.pages") / "assets"
STYLE, SCRIPT, ICON, LOGO = "style.css", "pages.js", "favicon.svg", "logo"
CARD_SCRIPT, EMBED_SCRIPT = "card.js", "embed.js"
_FOREVER: Final = {"Cache-Control": "public, max-age=31536000, immutable"}
_DARK: Final = "@media (prefers-color-scheme: dark)"

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Asset:
    """A file; `path` is its address."""

    content: bytes
    media_type: str
    path: str


class Assets:
    """Every file by its name; the colours of the theme are in the style sheet."""

    def __init__(self, settings: Settings) -> None:
        style = _read(STYLE) + _theme(settings).encode()
        self._files: dict[str, Asset] = {}
        self._add(STYLE, style, "text/css; charset=utf-8")
        self._add(SCRIPT, _read(SCRIPT), "text/javascript; charset=utf-8")
        self._add(CARD_SCRIPT, _read(CARD_SCRIPT), "text/javascript; charset=utf-8")
        self._add(EMBED_SCRIPT, _read(EMBED_SCRIPT), "text/javascript; charset=utf-8")
        self._add(ICON, _read(ICON), "image/svg+xml")
        if settings.theme_logo is not None:
            logo = Path(settings.theme_logo)
            self._add(f"{LOGO}{logo.suffix}", logo.read_bytes(), LOGO_TYPES[logo.suffix])

    def _add(self, name: str, content: bytes, media_type: str) -> None:
        path = f"/assets/{sha256(content).hexdigest()[:16]}/{name}"
        self._files[name] = Asset(content, media_type, path)

    @property
    def files(self) -> Mapping[str, Asset]:
        return self._files

    @property
    def logo(self) -> str | None:
        """The address of the logo, where there is one."""
        return next((asset.path for name, asset in self._files.items() if name.startswith(LOGO)), None)

    def path(self, name: str) -> str:
        return self._files[name].path


def _theme(settings: Settings) -> str:
    light = f":root {{ --accent: {settings.theme_colour}; }}\n" if settings.theme_colour else ""
    dark = f"{_DARK} {{ :root {{ --accent: {settings.theme_colour_dark}; }} }}\n" if settings.theme_colour_dark else ""
    return light + dark


def _read(name: str) -> bytes:
    return (FOLDER / name).read_bytes()


CurrentAssets = Annotated[Assets, service(Assets)]


@router.get("/assets/{digest}/{name}")
async def get_asset(assets: CurrentAssets, digest: str, name: str) -> Response:
    """A file under the digest of what it holds now."""
    asset = assets.files.get(name)
    if asset is None or asset.path != f"/assets/{digest}/{name}":
        raise NotFound
    return Response(asset.content, media_type=asset.media_type, headers=_FOREVER)


@router.get(f"/{EMBED_SCRIPT}")
async def get_embed_script(assets: CurrentAssets) -> Response:
    """The script for pages of other sites, at an address that stays: they name it once."""
    asset = assets.files[EMBED_SCRIPT]
    return Response(asset.content, media_type=asset.media_type, headers={"Cache-Control": PUBLIC})


@router.get("/favicon.ico")
async def get_icon(assets: CurrentAssets) -> Response:
    """The icon at the conventional address `/favicon.ico`."""
    asset = assets.files[ICON]
    return Response(asset.content, media_type=asset.media_type, headers={"Cache-Control": PUBLIC})
