"""The provider classes that `pulumi.dynamic` pickles by name into every stack's state.

**This module's path and the class names are frozen for ever**: a destroy unpickles what an old state holds. No class
here has constructor state, so that the pickle is the name alone and code changes never alter it.
"""

from __future__ import annotations

from typing import Any, ClassVar

from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    UpdateResult,
)
from pulumi.dynamic import ResourceProvider as _ResourceProvider

from certwright.binding.codec import decode
from certwright.binding.dispatch import Dispatcher
from certwright.dynamic.codec import from_neutral, to_neutral
from certwright.dynamic.echo import LASTING, echo, strip
from certwright.dynamic.frame import Surroundings
from certwright.dynamic.host import answering, current, settings_of
from certwright.resources.base import wire_names

_Tree = dict[str, Any]


class Provider(_ResourceProvider):
    """Translates pulumi.dynamic's calls for one resource type; the work is the Dispatcher's."""

    serialize_as_secret_always = False
    token: ClassVar[str] = ""
    _dispatcher: Dispatcher | None = None  # set on the instance by `configure`, in the host process only

    def configure(self, req: ConfigureRequest) -> None:
        with answering("configure", self.token, {}):
            self._dispatcher = current().dispatcher(settings_of(req.config.get))

    def check(self, _olds: _Tree, news: _Tree) -> CheckResult:
        with answering("check", self.token, news) as (call, _):
            dispatcher, handler = self._ready()
            old, new = to_neutral(_olds), to_neutral(news)
            result = dispatcher.check(call, olds=strip(handler, old), news=strip(handler, new))
            inputs = dict(result.inputs)
            if not result.findings:
                inputs |= echo(dispatcher, call, inputs=result.inputs, old_echo=old)
            return CheckResult(from_neutral(inputs), [CheckFailure(*f) for f in dispatcher.failures(call, result)])

    def diff(self, _id: str, _olds: _Tree, _news: _Tree) -> DiffResult:
        with answering("diff", self.token, _news) as (call, around):
            dispatcher, handler = self._ready()
            olds = to_neutral(_olds)
            result = dispatcher.diff(
                call,
                id=_id,
                old_inputs=_old_inputs(handler, olds, around),
                olds=olds,
                news=strip(handler, to_neutral(_news)),
            )
            return DiffResult(
                changes=result.changes,
                replaces=list(result.replaces),
                stables=list(result.stables),
                delete_before_replace=result.delete_before_replace,
            )

    def create(self, props: _Tree) -> CreateResult:
        with answering("create", self.token, props) as (call, _):
            dispatcher, handler = self._ready()
            result = dispatcher.create(call, news=strip(handler, to_neutral(props)))
            return CreateResult(result.id, from_neutral(result.outputs))

    def read(self, id_: str, props: _Tree) -> ReadResult:
        with answering("read", self.token, props) as (call, around):
            dispatcher, handler = self._ready()
            olds = to_neutral(props)
            result = dispatcher.read(call, id=id_, inputs=_old_inputs(handler, olds, around), olds=olds)
            if not result.id:
                return ReadResult("", {})  # outs=None would be a TypeError in the host
            lasting = {k: v for k, v in result.outputs.items() if k in LASTING}
            return ReadResult(result.id, from_neutral(result.outputs), from_neutral({**result.inputs, **lasting}))

    def update(self, _id: str, _olds: _Tree, _news: _Tree) -> UpdateResult:
        with answering("update", self.token, _news) as (call, around):
            dispatcher, handler = self._ready()
            olds = to_neutral(_olds)
            result = dispatcher.update(
                call,
                id=_id,
                old_inputs=_old_inputs(handler, olds, around),
                olds=olds,
                news=strip(handler, to_neutral(_news)),
            )
            return UpdateResult(from_neutral(result.outputs))

    def delete(self, _id: str, _props: _Tree) -> None:
        with answering("delete", self.token, _props) as (call, _):
            dispatcher, _handler = self._ready()
            dispatcher.delete(call, id=_id, olds=to_neutral(_props))

    def _ready(self) -> tuple[Dispatcher, Any]:
        dispatcher = self._dispatcher or current().dispatcher({})
        return dispatcher, dispatcher.handler(self.token)


class CertificateProvider(Provider):
    token = "certwright:index:Certificate"


class CertificateValidationProvider(Provider):
    token = "certwright:index:CertificateValidation"


class PrivateCertificateAuthorityProvider(Provider):
    token = "certwright:index:PrivateCertificateAuthority"


class CertificateAssociationProvider(Provider):
    token = "certwright:index:CertificateAssociation"


def _old_inputs(handler: Any, olds: _Tree, around: Surroundings) -> _Tree:
    """The inputs of the last deployment: from the request where it has them, else the outputs that repeat inputs."""
    for name in ("old_inputs", "inputs"):
        struct = getattr(around.request, name, None)
        if struct is not None and struct.fields:
            return strip(handler, {k: v for k, v in decode(struct).items() if not k.startswith("__")})
    names = frozenset(wire_names(handler.inputs))
    return {k: v for k, v in olds.items() if k in names}
