//! What Spaces run on, and how far they are.

use bytes::Bytes;
use http::{Request, response::Parts};
use hub_transport::{Body, Endpoint, Error, RetryClass, decode_json, get, post};
use hub_types::{
    route::{self, SpaceRoute},
    space::{
        DevModeRequest, HardwareRequest, SleepTimeRequest, SpaceHardware, SpaceHardwareInfo, SpaceRuntime,
    },
};

use super::{check_sleep_time, path, space};
use crate::{Async, Call, HfApi, Mode, Operation, repo_arg::RepoArg};

/// The call that [`HfApi::get_space_runtime`] makes.
pub type GetSpaceRuntimeCall<M = Async> = Call<GetSpaceRuntime, M>;
/// The call that [`HfApi::request_space_hardware`] makes.
pub type RequestSpaceHardwareCall<M = Async> = Call<RequestSpaceHardware, M>;
/// The call that [`HfApi::set_space_sleep_time`] makes.
pub type SetSpaceSleepTimeCall<M = Async> = Call<SetSpaceSleepTime, M>;
/// The call that [`HfApi::pause_space`] makes.
pub type PauseSpaceCall<M = Async> = Call<PauseSpace, M>;
/// The call that [`HfApi::restart_space`] makes.
pub type RestartSpaceCall<M = Async> = Call<RestartSpace, M>;
/// The call that [`HfApi::set_space_dev_mode`] makes.
pub type SetSpaceDevModeCall<M = Async> = Call<SetSpaceDevMode, M>;
/// The call that [`HfApi::list_spaces_hardware`] makes.
pub type ListSpacesHardwareCall<M = Async> = Call<ListSpacesHardware, M>;

/// An endpoint of one Space that answers with its runtime.
macro_rules! runtime_endpoint {
    ($(#[$meta:meta])* $vis:vis $name:ident { $($field:ident: $type:ty),* } = $method:literal, $class:ident, $request:expr) => {
        $(#[$meta])*
        #[derive(Debug, Clone)]
        $vis struct $name {
            repo: RepoArg,
            $($field: $type,)*
        }

        impl Endpoint for $name {
            const NAME: &'static str = $method;
            type Output = SpaceRuntime;

            fn class(&self) -> RetryClass {
                RetryClass::$class
            }

            fn target(&self) -> String {
                self.repo.describe()
            }

            fn request(&self) -> Result<Request<Body>, Error> {
                let request: fn(&Self) -> Result<Request<Body>, Error> = $request;
                request(self)
            }

            fn decode(&self, head: &Parts, body: Bytes) -> Result<SpaceRuntime, Error> {
                decode_json(head, &body)
            }
        }
    };
}

runtime_endpoint! {
    /// `GET /api/spaces/{id}/runtime`
    pub GetSpaceRuntime {} = "get_space_runtime", Read, |this| get(path(&this.repo, SpaceRoute::Runtime)?).finish()
}

runtime_endpoint! {
    /// `POST /api/spaces/{id}/hardware`; it may cost money, so it is not sent again blindly.
    PostHardware { body: HardwareRequest } = "request_space_hardware", Ambiguous, |this| {
        post(path(&this.repo, SpaceRoute::Hardware)?).json(&this.body).finish()
    }
}

runtime_endpoint! {
    /// `POST /api/spaces/{id}/sleeptime`
    PostSleepTime { body: SleepTimeRequest } = "set_space_sleep_time", Set, |this| {
        post(path(&this.repo, SpaceRoute::SleepTime)?).json(&this.body).finish()
    }
}

runtime_endpoint! {
    /// `POST /api/spaces/{id}/pause`
    pub PauseSpace {} = "pause_space", Set, |this| post(path(&this.repo, SpaceRoute::Pause)?).finish()
}

runtime_endpoint! {
    /// `POST /api/spaces/{id}/restart`
    pub RestartSpace { factory_reboot: bool } = "restart_space", Ambiguous, |this| {
        let request = post(path(&this.repo, SpaceRoute::Restart)?);
        if this.factory_reboot { request.query("factory", "true").finish() } else { request.finish() }
    }
}

runtime_endpoint! {
    /// `POST /api/spaces/{id}/dev-mode`
    pub SetSpaceDevMode { body: DevModeRequest } = "set_space_dev_mode", Set, |this| {
        post(path(&this.repo, SpaceRoute::DevMode)?).json(&this.body).finish()
    }
}

/// Asks for other hardware.
#[derive(Debug, Clone)]
pub struct RequestSpaceHardware(PostHardware);

impl<M: Mode> RequestSpaceHardwareCall<M> {
    /// Seconds without a visit after which the Space goes to sleep; -1 for never. Python: `sleep_time`.
    pub fn sleep_time(self, seconds: i64) -> Self {
        self.edit(|operation| operation.0.body.sleep_time_seconds = Some(seconds))
    }
}

impl Operation for RequestSpaceHardware {
    type Output = SpaceRuntime;

    async fn run(self, api: HfApi) -> Result<SpaceRuntime, crate::Error> {
        let Self(request) = self;
        check_sleep_time(request.body.sleep_time_seconds, Some(&request.body.flavor))?;
        let transport = api.transport()?;
        match transport.send(&request).await {
            Err(error) if error.maybe_processed() => {
                match transport.send(&GetSpaceRuntime { repo: request.repo }).await {
                    Ok(runtime) if runtime.requested_hardware.as_ref() == Some(&request.body.flavor) => {
                        Ok(runtime)
                    }
                    _ => Err(error
                        .with_hint("the hardware was not requested, or the Space could not be looked up")
                        .into()),
                }
            }
            other => Ok(other?),
        }
    }
}

/// Sets a sleep time.
#[derive(Debug, Clone)]
pub struct SetSpaceSleepTime(PostSleepTime);

impl Operation for SetSpaceSleepTime {
    type Output = SpaceRuntime;

    async fn run(self, api: HfApi) -> Result<SpaceRuntime, crate::Error> {
        let Self(request) = self;
        check_sleep_time(Some(request.body.seconds), None)?;
        let runtime = api.transport()?.send(&request).await?;
        let hardware = runtime.requested_hardware.as_ref().or(runtime.hardware.as_ref());
        check_sleep_time(Some(request.body.seconds), hardware)?;
        Ok(runtime)
    }
}

/// `GET /api/spaces/hardware`
#[derive(Debug, Clone, Copy)]
pub struct ListSpacesHardware;

impl Endpoint for ListSpacesHardware {
    const NAME: &'static str = "list_spaces_hardware";
    type Output = Vec<SpaceHardwareInfo>;

    fn class(&self) -> RetryClass {
        RetryClass::Read
    }

    fn target(&self) -> String {
        String::new()
    }

    fn request(&self) -> Result<Request<Body>, Error> {
        get(route::SPACES_HARDWARE).finish()
    }

    fn decode(&self, head: &Parts, body: Bytes) -> Result<Vec<SpaceHardwareInfo>, Error> {
        decode_json(head, &body)
    }
}

impl<M: Mode> RestartSpaceCall<M> {
    /// Whether it is built anew, without what was kept from earlier builds. Off unless set. Python: `factory_reboot`.
    pub fn factory_reboot(self, yes: bool) -> Self {
        self.edit(|operation| operation.factory_reboot = yes)
    }
}

impl<M: Mode> HfApi<M> {
    /// What a Space runs on and how far it is. Python: `get_space_runtime`.
    ///
    /// # Errors
    /// `RepoNotFound`.
    ///
    /// Endpoint: `GET /api/spaces/{id}/runtime`.
    pub fn get_space_runtime(&self, repo: impl Into<RepoArg>) -> GetSpaceRuntimeCall<M> {
        self.call(GetSpaceRuntime { repo: space(self.arg(repo)) })
    }

    /// Asks for other hardware, such as `t4-small`; the Space restarts on it. On the public Hub this may cost money.
    /// Python: `request_space_hardware`.
    ///
    /// When the response is lost, the call looks whether the hardware was requested and does not ask twice.
    ///
    /// # Errors
    /// `BadRequest` for hardware that the server does not have and for static Spaces, `Forbidden` without rights on the
    /// Space; [`Error::Setup`](crate::Error::Setup) for a sleep time that is neither above 0 nor -1.
    ///
    /// Endpoint: `POST /api/spaces/{id}/hardware`.
    pub fn request_space_hardware(
        &self,
        repo: impl Into<RepoArg>,
        hardware: impl Into<SpaceHardware>,
    ) -> RequestSpaceHardwareCall<M> {
        let body = HardwareRequest::new(hardware);
        self.call(RequestSpaceHardware(PostHardware { repo: space(self.arg(repo)), body }))
    }

    /// Sets after how many seconds without a visit a Space goes to sleep; -1 for never. Has no effect on `cpu-basic`, where
    /// it is 48 hours. Python: `set_space_sleep_time`.
    ///
    /// # Errors
    /// As for [`request_space_hardware`](Self::request_space_hardware).
    ///
    /// Endpoint: `POST /api/spaces/{id}/sleeptime`.
    pub fn set_space_sleep_time(&self, repo: impl Into<RepoArg>, seconds: i64) -> SetSpaceSleepTimeCall<M> {
        self.call(SetSpaceSleepTime(PostSleepTime {
            repo: space(self.arg(repo)),
            body: SleepTimeRequest::new(seconds),
        }))
    }

    /// Pauses a Space until it is restarted. Python: `pause_space`.
    ///
    /// # Errors
    /// `BadRequest` for static Spaces, `Forbidden` without rights on the Space.
    ///
    /// Endpoint: `POST /api/spaces/{id}/pause`.
    pub fn pause_space(&self, repo: impl Into<RepoArg>) -> PauseSpaceCall<M> {
        self.call(PauseSpace { repo: space(self.arg(repo)) })
    }

    /// Restarts a Space, also one that is paused. Python: `restart_space`.
    ///
    /// # Errors
    /// As for [`pause_space`](Self::pause_space). When the response is lost, the error says that it may have been restarted.
    ///
    /// Endpoint: `POST /api/spaces/{id}/restart`.
    pub fn restart_space(&self, repo: impl Into<RepoArg>) -> RestartSpaceCall<M> {
        self.call(RestartSpace { repo: space(self.arg(repo)), factory_reboot: false })
    }

    /// Whether a Space can be changed while it runs. Python: `enable_space_dev_mode`, `disable_space_dev_mode`.
    ///
    /// # Errors
    /// As for [`pause_space`](Self::pause_space).
    ///
    /// Endpoint: `POST /api/spaces/{id}/dev-mode`.
    pub fn set_space_dev_mode(&self, repo: impl Into<RepoArg>, enabled: bool) -> SetSpaceDevModeCall<M> {
        self.call(SetSpaceDevMode { repo: space(self.arg(repo)), body: DevModeRequest::new(enabled) })
    }

    /// The hardware that Spaces can ask for, with its price. Python: `list_spaces_hardware`.
    ///
    /// # Errors
    /// Those of every request.
    ///
    /// Endpoint: `GET /api/spaces/hardware`.
    pub fn list_spaces_hardware(&self) -> ListSpacesHardwareCall<M> {
        self.call(ListSpacesHardware)
    }
}
