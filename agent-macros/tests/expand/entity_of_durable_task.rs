// #[entity]
// impl Counter { fn reset(&mut self) {} }

impl Counter {
    fn reset(&mut self) {}
}
///Operations of `Counter`, called from an orchestration.
#[derive(::core::clone::Clone, ::core::fmt::Debug)]
#[allow(dead_code)]
pub struct CounterProxy {
    __target: ::durable_task::EntityTarget,
}
///Operations of `Counter` as one-way messages.
#[derive(::core::fmt::Debug)]
#[allow(dead_code)]
pub struct CounterSignals<__S> {
    __sender: __S,
}
#[allow(deprecated, dead_code, private_interfaces, clippy::all, clippy::pedantic)]
const _: () = {
    struct __Operation_0;
    impl ::durable_task::__private::Operation for __Operation_0 {
        const NAME: &'static ::core::primitive::str = "reset";
        type Input = ();
        type Output = ();
    }
    struct __Delete;
    impl ::durable_task::__private::Operation for __Delete {
        const NAME: &'static ::core::primitive::str = "delete";
        type Input = ();
        type Output = ();
    }
    impl CounterProxy {
        /// Its id, for locks.
        pub fn id(&self) -> ::durable_task::EntityId {
            self.__target.id()
        }
        /// Its operations as one-way messages.
        pub fn signal(&self) -> CounterSignals<::durable_task::OrchestrationSignals> {
            CounterSignals {
                __sender: self.__target.signals(::core::option::Option::None),
            }
        }
        /// The same, to be delivered at a time.
        pub fn signal_at(
            &self,
            time: ::durable_task::Timestamp,
        ) -> CounterSignals<::durable_task::OrchestrationSignals> {
            CounterSignals {
                __sender: self.__target.signals(::core::option::Option::Some(time)),
            }
        }
        /// The same, to be delivered some time from now.
        pub fn signal_after(
            &self,
            delay: ::core::time::Duration,
        ) -> CounterSignals<::durable_task::OrchestrationSignals> {
            CounterSignals {
                __sender: self.__target.signals_after(delay),
            }
        }
        #[track_caller]
        pub fn reset(&self) -> ::durable_task::EntityCall<()> {
            ::durable_task::EntityTarget::call::<__Operation_0>(&self.__target, &())
        }
        /// Removes the entity's state.
        #[track_caller]
        pub fn delete(&self) -> ::durable_task::EntityCall<()> {
            ::durable_task::EntityTarget::call::<__Delete>(&self.__target, &())
        }
    }
    impl<__S: ::durable_task::SignalSender> CounterSignals<__S> {
        pub fn reset(self) -> __S::Sent {
            ::durable_task::SignalSender::send::<__Operation_0>(self.__sender, &())
        }
        /// Removes the entity's state.
        pub fn delete(self) -> __S::Sent {
            ::durable_task::SignalSender::send::<__Delete>(self.__sender, &())
        }
    }
    #[automatically_derived]
    impl ::durable_task::EntityType for Counter {
        const NAME: &'static ::core::primitive::str = "Counter";
        type State = Counter;
        type Proxy = CounterProxy;
        type Signals<__S: ::durable_task::SignalSender> = CounterSignals<__S>;
        fn proxy(__target: ::durable_task::EntityTarget) -> CounterProxy {
            CounterProxy { __target }
        }
        fn signals<__S: ::durable_task::SignalSender>(
            __sender: __S,
        ) -> CounterSignals<__S> {
            CounterSignals { __sender }
        }
        fn operations() -> ::durable_task::__private::Operations {
            ::durable_task::__private::Operations::Synchronous(|__context| {
                if ::durable_task::__private::is_operation(__context, "reset") {
                    return ::durable_task::__private::change::<
                        Self,
                        __Operation_0,
                    >(
                        __context,
                        |__state, __input, __context| {
                            ::core::result::Result::Ok(Counter::reset(__state))
                        },
                    );
                }
                if ::durable_task::__private::is_operation(__context, "delete") {
                    return ::durable_task::__private::delete(__context);
                }
                ::durable_task::__private::unknown_operation(
                    __context,
                    &["reset", "delete"],
                )
            })
        }
    }
};
