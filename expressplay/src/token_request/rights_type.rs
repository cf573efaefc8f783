//! `rightsType`: for ever, or for a time. PlayReady and Marlin Broadband have it.

use super::{Form, Moment};
use crate::{ErrorCode, Refusal};

/// `rightsType`, with what a rental takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RightsType {
    /// For ever.
    BuyToOwn,
    /// For a time.
    Rental {
        /// `rental.periodEndTime`: the last moment to start.
        period_end: Moment,
        /// `rental.playDuration`: how long once started, in seconds.
        play_duration: Option<u32>,
    },
}

const PERIOD_END: &str = "rental.periodEndTime";
const PLAY_DURATION: &str = "rental.playDuration";

impl RightsType {
    pub(super) fn read(form: &Form) -> Result<Self, Refusal> {
        const NAME: &str = "rightsType";
        match form.get(NAME) {
            None | Some("") => Err(Refusal::missing(ErrorCode::RightsTypeMissing, NAME)),
            Some("BuyToOwn") => Ok(Self::BuyToOwn),
            Some("Rental") => Self::read_rental(form),
            Some(text) => Err(Refusal::wrong(ErrorCode::RightsTypeInvalid, NAME, text)),
        }
    }

    fn read_rental(form: &Form) -> Result<Self, Refusal> {
        let code = ErrorCode::RentalEndMissing;
        let text = form.get(PERIOD_END).filter(|text| !text.is_empty());
        let text = text.ok_or_else(|| Refusal::missing(code, PERIOD_END))?;
        if form.get(PLAY_DURATION) == Some("") {
            return Err(Refusal::wrong(
                ErrorCode::PlayDurationMissing,
                PLAY_DURATION,
                "",
            ));
        }
        let invalid = ErrorCode::PlayDurationInvalid;
        Ok(Self::Rental {
            period_end: Moment::read(text, PERIOD_END, code)?,
            play_duration: form.number(PLAY_DURATION, 0..=u32::MAX, invalid)?,
        })
    }

    pub(super) fn write(self, form: &mut Form) {
        match self {
            Self::BuyToOwn => form.set("rightsType", "BuyToOwn"),
            Self::Rental {
                period_end,
                play_duration,
            } => {
                form.set("rightsType", "Rental");
                form.set(PERIOD_END, period_end);
                form.set_some(PLAY_DURATION, play_duration);
            }
        }
    }
}
