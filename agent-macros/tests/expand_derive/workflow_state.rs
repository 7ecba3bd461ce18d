#[allow(clippy::all, clippy::pedantic)]
const _: () = {
    #[allow(unused_imports)]
    use ::agent_sdk::__private::Unkept as _;
    #[allow(unused_imports)]
    use ::agent_sdk::__private::PlainSlot as _;
    const __SLOT_0: ::agent_sdk::workflow::Slot = ::agent_sdk::__private::slot_of_kind(
        ::agent_sdk::__private::slot::<
            Budget,
        >(
            ("budget", "Budget"),
            <Budget as ::agent_sdk::__private::SlotType>::SCHEMA,
            ::core::option::Option::None,
            ::core::option::Option::None,
        ),
        <::agent_sdk::__private::SlotProbe<Budget>>::KEYED,
    );
    #[automatically_derived]
    impl ::agent_sdk::workflow::SlotOf<Trip> for Budget {
        const INDEX: ::core::primitive::usize = 0usize;
    }
    const __SLOT_1: ::agent_sdk::workflow::Slot = ::agent_sdk::__private::slot_of_kind(
        ::agent_sdk::__private::slot::<
            Notes,
        >(
            ("notes", "Notes"),
            <Notes as ::agent_sdk::__private::SlotType>::SCHEMA,
            ::core::option::Option::Some(|| {
                let __default: Notes = ::core::default::Default::default();
                ::agent_sdk::__private::slot_default::<
                    Notes,
                >(<::agent_sdk::__private::Codec<Notes>>::OF, __default)
            }),
            ::core::option::Option::None,
        ),
        <::agent_sdk::__private::SlotProbe<Notes>>::KEYED,
    );
    #[automatically_derived]
    impl ::agent_sdk::workflow::SlotOf<Trip> for Notes {
        const INDEX: ::core::primitive::usize = 1usize;
    }
    const __SLOT_2: ::agent_sdk::workflow::Slot = ::agent_sdk::__private::slot_of_kind(
        ::agent_sdk::__private::slot::<
            Mail,
        >(
            ("mail", "Mail"),
            <Mail as ::agent_sdk::__private::SlotType>::SCHEMA,
            ::core::option::Option::Some(|| {
                let __default: Mail = Mail::new();
                ::agent_sdk::__private::slot_default::<
                    Mail,
                >(<::agent_sdk::__private::Codec<Mail>>::OF, __default)
            }),
            ::core::option::Option::Some(|__there, __written| {
                let __reduce: ::agent_sdk::__private::Reduce<Mail> = join;
                ::agent_sdk::__private::slot_reduce::<
                    Mail,
                >(
                    <::agent_sdk::__private::Codec<Mail>>::OF,
                    __there,
                    __written,
                    __reduce,
                )
            }),
        ),
        <::agent_sdk::__private::SlotProbe<Mail>>::KEYED,
    );
    #[automatically_derived]
    impl ::agent_sdk::workflow::SlotOf<Trip> for Mail {
        const INDEX: ::core::primitive::usize = 2usize;
    }
    #[automatically_derived]
    impl ::agent_sdk::workflow::WorkflowState for Trip {
        type This = Self;
        const SLOTS: &'static [::agent_sdk::workflow::Slot] = &[
            __SLOT_0,
            __SLOT_1,
            __SLOT_2,
        ];
        const DEFAULTS: ::core::primitive::u128 = ::agent_sdk::__private::slots_with_defaults(
            <Self as ::agent_sdk::workflow::WorkflowState>::SLOTS,
        );
        const REDUCED: ::core::primitive::u128 = ::agent_sdk::__private::reduced_slots(
            <Self as ::agent_sdk::workflow::WorkflowState>::SLOTS,
        );
    }
    #[allow(dead_code)]
    fn __used(__state: Trip) -> Trip {
        let Trip { budget, notes, mail } = __state;
        Trip { budget, notes, mail }
    }
};
#[allow(unexpected_cfgs)]
const _: () = {
    #[cfg(rust_analyzer)]
    {
        #[allow(unused_imports)]
        use ::agent_sdk::__private::ide::slot::{default as _, default as _, reduce as _};
    }
};
