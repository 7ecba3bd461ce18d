// #[entity]
// impl Counter {
//     /// Adds.
//     pub fn add(&mut self, amount: i64) -> i64 { body() }
//     fn plain() {}
// }

impl Counter {
    /// Adds.
    pub fn add(&mut self, amount: i64) -> i64 {
        body()
    }
    fn plain() {}
}
///Operations of `Counter`, called from an orchestration.
#[derive(::core::clone::Clone, ::core::fmt::Debug)]
#[allow(dead_code)]
pub struct CounterProxy {
    __target: ::agent_sdk::durable_task::EntityTarget,
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
    impl ::agent_sdk::durable_task::__private::Operation for __Operation_0 {
        const NAME: &'static ::core::primitive::str = "add";
        type Input = i64;
        type Output = i64;
    }
    struct __Delete;
    impl ::agent_sdk::durable_task::__private::Operation for __Delete {
        const NAME: &'static ::core::primitive::str = "delete";
        type Input = ();
        type Output = ();
    }
    impl CounterProxy {
        /// Its id, for locks.
        pub fn id(&self) -> ::agent_sdk::durable_task::EntityId {
            self.__target.id()
        }
        /// Its operations as one-way messages.
        pub fn signal(
            &self,
        ) -> CounterSignals<::agent_sdk::durable_task::OrchestrationSignals> {
            CounterSignals {
                __sender: self.__target.signals(::core::option::Option::None),
            }
        }
        /// The same, to be delivered at a time.
        pub fn signal_at(
            &self,
            time: ::agent_sdk::durable_task::Timestamp,
        ) -> CounterSignals<::agent_sdk::durable_task::OrchestrationSignals> {
            CounterSignals {
                __sender: self.__target.signals(::core::option::Option::Some(time)),
            }
        }
        /// The same, to be delivered some time from now.
        pub fn signal_after(
            &self,
            delay: ::core::time::Duration,
        ) -> CounterSignals<::agent_sdk::durable_task::OrchestrationSignals> {
            CounterSignals {
                __sender: self.__target.signals_after(delay),
            }
        }
        /// Adds.
        #[track_caller]
        pub fn add(&self, input: i64) -> ::agent_sdk::durable_task::EntityCall<i64> {
            ::agent_sdk::durable_task::EntityTarget::call::<
                __Operation_0,
            >(&self.__target, &input)
        }
        /// Removes the entity's state.
        #[track_caller]
        pub fn delete(&self) -> ::agent_sdk::durable_task::EntityCall<()> {
            ::agent_sdk::durable_task::EntityTarget::call::<
                __Delete,
            >(&self.__target, &())
        }
    }
    impl<__S: ::agent_sdk::durable_task::SignalSender> CounterSignals<__S> {
        /// Adds.
        pub fn add(self, input: i64) -> __S::Sent {
            ::agent_sdk::durable_task::SignalSender::send::<
                __Operation_0,
            >(self.__sender, &input)
        }
        /// Removes the entity's state.
        pub fn delete(self) -> __S::Sent {
            ::agent_sdk::durable_task::SignalSender::send::<__Delete>(self.__sender, &())
        }
    }
    #[automatically_derived]
    impl ::agent_sdk::durable_task::EntityType for Counter {
        const NAME: &'static ::core::primitive::str = "Counter";
        type State = Counter;
        type Proxy = CounterProxy;
        type Signals<__S: ::agent_sdk::durable_task::SignalSender> = CounterSignals<__S>;
        fn proxy(__target: ::agent_sdk::durable_task::EntityTarget) -> CounterProxy {
            CounterProxy { __target }
        }
        fn signals<__S: ::agent_sdk::durable_task::SignalSender>(
            __sender: __S,
        ) -> CounterSignals<__S> {
            CounterSignals { __sender }
        }
        fn operations() -> ::agent_sdk::durable_task::__private::Operations {
            ::agent_sdk::durable_task::__private::Operations::Synchronous(|__context| {
                if ::agent_sdk::durable_task::__private::is_operation(__context, "add") {
                    return ::agent_sdk::durable_task::__private::change::<
                        Self,
                        __Operation_0,
                    >(
                        __context,
                        |__state, __input, __context| {
                            ::core::result::Result::Ok(Counter::add(__state, __input))
                        },
                    );
                }
                if ::agent_sdk::durable_task::__private::is_operation(
                    __context,
                    "delete",
                ) {
                    return ::agent_sdk::durable_task::__private::delete(__context);
                }
                ::agent_sdk::durable_task::__private::unknown_operation(
                    __context,
                    &["add", "delete"],
                )
            })
        }
    }
};
