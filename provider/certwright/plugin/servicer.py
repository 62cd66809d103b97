"""Pulumi's ResourceProvider service: translate, dispatch, translate back; nothing else (pulumi.md 1)."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from certwright import __version__
from certwright.binding.codec import decode, encode
from certwright.binding.dispatch import Call
from certwright.binding.errors import clean_errors
from certwright.binding.initfailed import status
from certwright.binding.registry import token_of_urn
from certwright.binding.shape import failure
from certwright.domain.errors import CertwrightError, NotFound, Refused
from certwright.domain.values import reveal
from certwright.plugin.settings import SECRET_SETTINGS, check_settings, diff_settings, marked_settings, unknown_settings

if TYPE_CHECKING:
    from certwright.plugin.session import Session

R = TypeVar("R")
Rpc = Callable[["Servicer", Any, grpc.ServicerContext], R]

_NOT_HERE = {
    "Parameterize": "certwright is not a parameterized package",
    "Construct": "certwright has no components",
    "Call": "certwright has no methods",
    "List": "certwright does not list resources over this call; use the function listCertificates",
}


def _clean(rpc: Rpc[R]) -> Rpc[R]:
    """Answer every error with one clean text: certwright's own as they are, anything else as an incident."""

    @functools.wraps(rpc)
    def answered(self: Servicer, request: Any, context: grpc.ServicerContext) -> R:
        try:
            with self._session.request(), clean_errors(rpc.__name__):
                return rpc(self, request, context)
        except CertwrightError as error:
            _abort(context, error)

    return answered


def _abort(context: grpc.ServicerContext, error: CertwrightError) -> NoReturn:
    if hasattr(error, "outputs"):  # resources.base.Incomplete, without importing it here
        context.abort_with_status(status(error))  # type: ignore[arg-type]
    code = grpc.StatusCode.NOT_FOUND if isinstance(error, NotFound) else grpc.StatusCode.UNKNOWN
    context.abort(code, error.render())


class Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """One provider instance of the engine."""

    def __init__(self, session: Session) -> None:
        self._session = session

    # start ---------------------------------------------------------------------------------------------------------

    @_clean
    def Handshake(self, request: Any, context: grpc.ServicerContext) -> provider_pb2.ProviderHandshakeResponse:
        self._session.connect(request.engine_address)
        return provider_pb2.ProviderHandshakeResponse(
            accept_secrets=True, accept_resources=True, accept_outputs=True, supports_autonaming_configuration=True
        )

    @_clean
    def Attach(self, request: Any, context: grpc.ServicerContext) -> empty_pb2.Empty:
        self._session.connect(request.address)
        return empty_pb2.Empty()

    @_clean
    def GetPluginInfo(self, request: Any, context: grpc.ServicerContext) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version=__version__)

    @_clean
    def GetSchema(self, request: Any, context: grpc.ServicerContext) -> provider_pb2.GetSchemaResponse:
        from certwright.plugin.schema import schema_text

        if request.version != 0:
            raise CertwrightError(f"schema version {request.version} is not known; ask for 0", code="schema.version")
        if request.subpackage_name:
            raise CertwrightError(
                f'certwright has no sub-package "{request.subpackage_name}"', code="schema.subpackage"
            )
        return provider_pb2.GetSchemaResponse(schema=schema_text())

    @_clean
    def GetMapping(self, request: Any, context: grpc.ServicerContext) -> provider_pb2.GetMappingResponse:
        return provider_pb2.GetMappingResponse()

    @_clean
    def GetMappings(self, request: Any, context: grpc.ServicerContext) -> provider_pb2.GetMappingsResponse:
        return provider_pb2.GetMappingsResponse()

    # configuration -------------------------------------------------------------------------------------------------

    @_clean
    def CheckConfig(self, request: Any, context: grpc.ServicerContext) -> provider_pb2.CheckResponse:
        news = decode(request.news)
        findings = check_settings(news)
        failures = [failure(f, secret=SECRET_SETTINGS) for f in findings]
        return provider_pb2.CheckResponse(inputs=encode(marked_settings(news)), failures=_failures(failures))

    @_clean
    def DiffConfig(self, request: Any, context: grpc.ServicerContext) -> provider_pb2.DiffResponse:
        old = decode(request.old_inputs if request.HasField("old_inputs") else request.olds)
        changed = diff_settings(reveal(old), decode(request.news))
        kinds = provider_pb2.PropertyDiff.Kind
        return provider_pb2.DiffResponse(
            changes=_changes(bool(changed)),
            diffs=[c.name for c in changed],
            replaces=[c.name for c in changed if c.replaces],
            hasDetailedDiff=True,
            detailedDiff={
                c.name: provider_pb2.PropertyDiff(
                    kind=kinds.Value(f"{c.kind}_REPLACE" if c.replaces else c.kind), inputDiff=True
                )
                for c in changed
            },
        )

    @_clean
    def Configure(self, request: Any, context: grpc.ServicerContext) -> provider_pb2.ConfigureResponse:
        arguments = decode(request.args)
        waiting = unknown_settings(arguments)
        if waiting:
            self._session.wait_for(waiting)
        else:
            self._session.configure(reveal(arguments))
        return provider_pb2.ConfigureResponse(
            acceptSecrets=True,
            supportsPreview=True,
            acceptResources=True,
            acceptOutputs=True,
            supports_autonaming_configuration=True,
        )

    # resources -----------------------------------------------------------------------------------------------------

    @_clean
    def Check(self, request: Any, context: grpc.ServicerContext) -> provider_pb2.CheckResponse:
        news = decode(request.news)
        if self._session.waiting:
            return provider_pb2.CheckResponse(inputs=request.news)
        dispatcher, call = self._session.dispatcher(), Call(token=_token(request), urn=request.urn)
        result = dispatcher.check(call, olds=decode(request.olds), news=news)
        return provider_pb2.CheckResponse(
            inputs=encode(result.inputs), failures=_failures(dispatcher.failures(call, result))
        )

    @_clean
    def Diff(self, request: Any, context: grpc.ServicerContext) -> provider_pb2.DiffResponse:
        if self._session.waiting:
            return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_UNKNOWN)
        result = self._session.dispatcher().diff(
            Call(token=_token(request), urn=request.urn, ignore_changes=tuple(request.ignoreChanges)),
            id=request.id,
            old_inputs=decode(request.old_inputs),
            olds=decode(request.olds),
            news=decode(request.news),
        )
        return provider_pb2.DiffResponse(
            changes=_changes(result.changes),
            diffs=result.diffs,
            replaces=result.replaces,
            stables=result.stables,
            deleteBeforeReplace=result.delete_before_replace,
            hasDetailedDiff=True,
            detailedDiff={p.path: _property_diff(p) for p in result.paths},
        )

    @_clean
    def Create(self, request: Any, context: grpc.ServicerContext) -> provider_pb2.CreateResponse:
        news = decode(request.properties)
        if self._session.waiting and request.preview:
            return provider_pb2.CreateResponse(properties=encode(news))
        result = self._session.dispatcher().create(_call(request, context), news=news)
        return provider_pb2.CreateResponse(
            id="" if request.preview else result.id,
            properties=encode(result.outputs),
            refresh_before_update=result.refresh_before_update,
        )

    @_clean
    def Read(self, request: Any, context: grpc.ServicerContext) -> provider_pb2.ReadResponse:
        result = self._session.dispatcher().read(
            _call(request, context), id=request.id, inputs=decode(request.inputs), olds=decode(request.properties)
        )
        if not result.id:
            return provider_pb2.ReadResponse()
        return provider_pb2.ReadResponse(
            id=result.id,
            properties=encode(result.outputs),
            inputs=encode(result.inputs),
            refresh_before_update=result.refresh_before_update,
        )

    @_clean
    def Update(self, request: Any, context: grpc.ServicerContext) -> provider_pb2.UpdateResponse:
        news = decode(request.news)
        if self._session.waiting and request.preview:
            return provider_pb2.UpdateResponse(properties=encode({**decode(request.olds), **news}))
        result = self._session.dispatcher().update(
            _call(request, context),
            id=request.id,
            old_inputs=decode(request.old_inputs),
            olds=decode(request.olds),
            news=news,
        )
        return provider_pb2.UpdateResponse(
            properties=encode(result.outputs), refresh_before_update=result.refresh_before_update
        )

    @_clean
    def Delete(self, request: Any, context: grpc.ServicerContext) -> empty_pb2.Empty:
        self._session.dispatcher().delete(_call(request, context), id=request.id, olds=decode(request.properties))
        return empty_pb2.Empty()

    # functions -----------------------------------------------------------------------------------------------------

    @_clean
    def Invoke(self, request: Any, context: grpc.ServicerContext) -> provider_pb2.InvokeResponse:
        response = provider_pb2.InvokeResponse()
        if self._session.waiting:
            return response
        try:
            answer = self._session.dispatcher().invoke(request.tok, decode(request.args), preview=request.preview)
        except Refused as refused:
            response.failures.extend(_failures([failure(f) for f in refused.findings]))
            return response
        getattr(response, "return").CopyFrom(encode(answer))  # `return` is a keyword
        return response

    # the end -------------------------------------------------------------------------------------------------------

    def Cancel(self, request: Any, context: grpc.ServicerContext) -> empty_pb2.Empty:
        self._session.cancelled()  # not counted among the requests in flight
        return empty_pb2.Empty()

    def Parameterize(self, request: Any, context: grpc.ServicerContext) -> NoReturn:
        context.abort(grpc.StatusCode.UNIMPLEMENTED, _NOT_HERE["Parameterize"])

    def Construct(self, request: Any, context: grpc.ServicerContext) -> NoReturn:
        context.abort(grpc.StatusCode.UNIMPLEMENTED, _NOT_HERE["Construct"])

    def Call(self, request: Any, context: grpc.ServicerContext) -> NoReturn:
        context.abort(grpc.StatusCode.UNIMPLEMENTED, _NOT_HERE["Call"])

    def List(self, request: Any, context: grpc.ServicerContext) -> NoReturn:
        context.abort(grpc.StatusCode.UNIMPLEMENTED, _NOT_HERE["List"])


def _call(request: Any, context: grpc.ServicerContext | None = None) -> Call:
    """The surroundings of a request; fields that this kind of request does not have are left at their defaults."""
    return Call(
        token=_token(request),
        urn=request.urn,
        preview=bool(getattr(request, "preview", False)),
        timeout_s=getattr(request, "timeout", 0.0) or None,
        ignore_changes=tuple(getattr(request, "ignoreChanges", ())),
        alive=(lambda: True) if context is None else context.is_active,
    )


def _token(request: Any) -> str:
    return token_of_urn(request.urn) or getattr(request, "type", "")


def _changes(some: bool) -> Any:
    return provider_pb2.DiffResponse.DIFF_SOME if some else provider_pb2.DiffResponse.DIFF_NONE


def _property_diff(path: Any) -> provider_pb2.PropertyDiff:
    kind = f"{path.kind.value.upper()}{'_REPLACE' if path.replace else ''}"
    return provider_pb2.PropertyDiff(kind=provider_pb2.PropertyDiff.Kind.Value(kind), inputDiff=path.input_diff)


def _failures(pairs: list[tuple[str, str]]) -> list[provider_pb2.CheckFailure]:
    return [provider_pb2.CheckFailure(property=name, reason=reason) for name, reason in pairs]
